"""Which sites to open and what each serves: the problem, its referee, and solvers with proven bounds."""
