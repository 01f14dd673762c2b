"""What the law and the case are. Pure: imports pydantic and no other room."""

__all__: list[str] = []  # its modules are its public names
