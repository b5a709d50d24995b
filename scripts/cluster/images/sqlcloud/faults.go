package main

import "net/http"

// fault is an error of the Admin API, as it words it.
type fault struct {
	code            int
	reason, message string
}

// faultOf gives the error that an instance of this name stands for.
func faultOf(name string) (fault, bool) {
	f, found := map[string]fault{
		"noperm":   {http.StatusForbidden, "notAuthorized", "The client is not authorized to make this request."},
		"disabled": {http.StatusForbidden, "accessNotConfigured", "Cloud SQL Admin API has not been used in project 123 before or it is disabled."},
		"scopes":   {http.StatusForbidden, "insufficientPermissions", "Request had insufficient authentication scopes."},
		"quota": {http.StatusTooManyRequests, "rateLimitExceeded",
			"Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'sqladmin.googleapis.com'"},
		"unauth":  {http.StatusUnauthorized, "authError", "Request had invalid authentication credentials."},
		"stopped": {http.StatusBadRequest, "invalidState", "Invalid request: instance is not running."},
		"boom":    {http.StatusServiceUnavailable, "backendError", "backend error"},
		"missing": unknownInstance(),
	}[name]
	return f, found
}

func unknownInstance() fault {
	return fault{http.StatusNotFound, "instanceDoesNotExist", "The Cloud SQL instance does not exist."}
}

const otherCA = "otherca"

// twist gives what the API says of an instance whose name stands for something that is wrong with it, and not with the request. It is otherwise like
// another instance.
func twist(name string, like instance) (settings, bool) {
	s := settingsOf(like)
	switch name {
	case "privonly":
		s.IPAddresses = []ipAddress{{"PRIVATE", like.ip}}
	case "noip":
		s.IPAddresses = nil
	case "firstgen":
		s.BackendType = "FIRST_GEN"
	case "dead": // nothing listens there
		s.IPAddresses = []ipAddress{{"PRIMARY", "127.0.0.9"}}
	case otherCA: // the authority is another one than that of the server's certificate
	default:
		return s, false
	}
	return s, true
}
