"""Other ways to solve the same problem, to measure against."""
