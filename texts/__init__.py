"""Every sentence, name, number and date format, one folder a language."""
