package kubetest

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// sprintf is fmt.Sprintf for texts that are the API's and so begin and end as
// they please.
func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func isNotFound(err error) bool { return apierrors.IsNotFound(err) }

func uidOf(s string) types.UID { return types.UID(s) }

func coreGVR(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: plural}
}

func (s *Server) pods() *table { return s.store.table(coreGVR("pods")) }
