"""Facts: declared, graded, three-valued; read from the complaint's fields and from its text."""
