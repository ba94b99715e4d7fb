"""Compile a pack, match, decide, compute remedies. Pure functions around frozen data."""
