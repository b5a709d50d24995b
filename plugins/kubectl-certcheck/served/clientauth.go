package served

// ClientAuth says whether a server wants a certificate of the client.
type ClientAuth string

const (
	NoClientAuth ClientAuth = "" // it did not ask for one, or did not come that far
	// ClientAuthAsked: it asked for one; whether it needs it is not known.
	ClientAuthAsked ClientAuth = "asked for"
	// ClientAuthOptional: it asked for one, and went on without.
	ClientAuthOptional ClientAuth = "optional"
	// ClientAuthRequired: it asked for one, and refused without.
	ClientAuthRequired ClientAuth = "required"
)
