"""The whole system on one machine: ports, processes, their supervision, their environment, their end."""
