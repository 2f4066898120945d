"""The offline engine: question and schema in, ranked SQL out, with no key, no network and no weights."""
