"""What stands before any stack: a small project of its own."""
