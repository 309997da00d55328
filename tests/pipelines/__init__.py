"""The workflows, and what they say on GitHub."""
