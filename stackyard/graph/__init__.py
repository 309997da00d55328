"""The program run in process, and what it registers."""
