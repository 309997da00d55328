"""The real engine against the embedded cloud without bodies."""
