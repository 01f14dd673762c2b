"""What the law and the case are. Pure: imports pydantic and no other room."""
