"""The live demo: a world and one pipeline behind a page, with a control channel. docs/reference/demo-control.md."""
