package passport

// Context is the @context of a passport.
const Context = contextJSON
