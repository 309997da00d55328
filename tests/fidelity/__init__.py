"""Is what the program asks for what AWS takes? Each resource of a graph against AWS's schemas."""
