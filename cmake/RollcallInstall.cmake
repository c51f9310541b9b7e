# written with the install rules
