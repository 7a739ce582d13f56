"""What the demonstration invents, judged without a database."""
