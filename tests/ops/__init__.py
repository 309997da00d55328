"""Tests of what runs a stack."""
