"""One engine per file, all with the interface of `core.ports.Engine`."""
