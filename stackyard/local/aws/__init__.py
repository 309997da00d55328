"""The embedded AWS: moto as a process, and a provider that drives it."""
