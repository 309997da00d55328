"""Documents that are made of the program: each has one function that gives its text."""
