"""The rules of the problem format, one small function each; ``solver.model`` lists them in order."""
