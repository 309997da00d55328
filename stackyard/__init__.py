"""The tooling round the program: the command line, the embedded cloud."""
