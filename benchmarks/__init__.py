"""How well the solver does, measured: see README.md. Nothing here is imported by the application."""
