"""The pages, their one template tag, and the content security policy."""
