"""The scanner: values markets by the rule that settles them, and says where there is an edge after every cost."""
