"""What the program can do, and what users of such systems trip over, with the tests of each."""
