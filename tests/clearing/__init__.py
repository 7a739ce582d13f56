"""The clearing house, from the arithmetic of a remittance to the papers and the bank file."""
