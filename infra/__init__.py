"""The program: reads the settings, makes the providers, wires the parts, exports."""
