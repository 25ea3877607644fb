package passport

// Context is the @context of a passport, Context1 that of the first ones.
const (
	Context  = context2
	Context1 = context1
)
