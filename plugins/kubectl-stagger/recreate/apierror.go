package recreate

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// newError is an Error with the advice for it.
func newError(code int, reason, message string) *Error {
	if message = oneLine(message); message == "" {
		message = "no reason given"
	}
	return &Error{Code: code, Reason: oneLine(reason), Message: message, Advice: advice(code, reason, message)}
}

// requiredPermission is how Compute Engine names a missing right.
var requiredPermission = regexp.MustCompile(`Required '([a-zA-Z.]+)' permission`)

// advice says what to do about an answer; "" where that is not known. The reasons
// are those of error.errors[].reason, and of error.errors[].code of operations.
func advice(code int, reason, message string) string {
	word := strings.ToUpper(strings.ReplaceAll(reason, "_", ""))
	switch {
	case strings.HasPrefix(word, "QUOTAEXCEEDED"):
		return "the quota that it names is used up: free some of it, or ask for more (gcloud compute project-info describe, gcloud compute regions describe REGION)"
	case strings.HasPrefix(word, "ZONERESOURCEPOOLEXHAUSTED") || word == "STOCKOUT" || strings.HasPrefix(word, "RESOURCEPOOLEXHAUSTED"):
		return "the zone has no such machine to give now: the group goes on trying; another zone, machine type or an on-demand pool may have room"
	case word == "ACCESSNOTCONFIGURED" || word == "SERVICEDISABLED":
		return "switch the API on: gcloud services enable compute.googleapis.com --project PROJECT"
	case word == "INSUFFICIENTPERMISSIONS" && code == http.StatusForbidden && strings.Contains(strings.ToLower(message), "scope"):
		return "the credentials lack the scope https://www.googleapis.com/auth/compute; of a VM's service account, scopes are set when the VM is made"
	}
	switch code {
	case http.StatusUnauthorized:
		return "the credentials are not valid any more: " + getCredentials
	case http.StatusForbidden:
		if m := requiredPermission.FindStringSubmatch(message); m != nil {
			return "grant the account a role with " + m[1] + ", such as roles/compute.instanceAdmin.v1"
		}
		return "the account may not do this: roles/compute.instanceAdmin.v1 has what is needed"
	}
	return ""
}

// code is the HTTP status of an answer of the cloud; 0 where err is none.
func code(err error) int {
	var answer *Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// missesRight reports whether an answer says that a right is missing. A 403 may also
// be about quota, a disabled API, or an organization's policy, by its reason.
func missesRight(err error) bool {
	var answer *Error
	if !errors.As(err, &answer) || answer.Code != http.StatusForbidden {
		return false
	}
	return slices.Contains([]string{"", "forbidden", "insufficientPermissions", "PERMISSION_DENIED", "IAM_PERMISSION_DENIED"}, answer.Reason)
}

// passing reports whether an answer may be another one soon.
func (e *Error) passing() bool {
	switch {
	case e.Code == http.StatusTooManyRequests || e.Code == http.StatusRequestTimeout || e.Code >= 500:
		return e.Code != http.StatusNotImplemented
	case e.Code == http.StatusForbidden:
		// Too many requests are a 403 in Compute Engine, by the reason that it gives.
		return slices.Contains([]string{"rateLimitExceeded", "userRateLimitExceeded"}, e.Reason)
	}
	return false
}
