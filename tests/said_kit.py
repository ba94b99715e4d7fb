"""What texts say, for the tables of sentences in the tests: which fact each raises, and which it must not."""


def value(engine, fact, text):
    """What a text by itself says of a fact."""
    return engine.reason({"id": "t", "text": text}).intake.facts.value(fact)


def pairs(table):
    """Each fact of a table with each of its texts."""
    return [(fact, text) for fact, texts in table.items() for text in texts]
