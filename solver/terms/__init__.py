"""The terms of the objective: each function returns one count, before its weight; ``solver.model`` adds them up."""
