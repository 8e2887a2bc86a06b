"""What stands on top of every page in Markdown that is generated."""

GENERATED = "Generated from the declarations by `docs`; do not edit.\n"
