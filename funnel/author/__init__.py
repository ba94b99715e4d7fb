"""For rule authors: scenario tests, explanations, new packs and scenarios."""
