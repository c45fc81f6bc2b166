"""What tests of several kinds share: real servers, started and ended by themselves."""
