"""Day 2 of any stack: run, guarded, watched and repaired; knows nothing of the embedded cloud."""
