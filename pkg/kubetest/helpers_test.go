package kubetest

import "k8s.io/apimachinery/pkg/fields"

func nothing() fields.Selector { return fields.Everything() }
