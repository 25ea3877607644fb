package guards

// Path is a guard.
type Path struct{}

// Evaluate calls help.
func (Path) Evaluate() int {
	x := help()
	return x
}

func help() int { return 5 }

// Other is no guard.
type Other struct{}

// Judge is not reached.
func (Other) Judge() int { return 6 }
