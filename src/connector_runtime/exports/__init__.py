"""What is generated from the declarations: listings and documentation."""
