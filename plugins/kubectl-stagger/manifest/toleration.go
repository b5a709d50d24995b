package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// refused says why the API would not take a toleration, and what to write instead;
// empty when it would. The rules are those of validateTolerations of Kubernetes'
// core validation.
func (t *toleration) refused() (reason, fix string) {
	if t.Value != nil {
		if _, ok := t.Value.(string); !ok {
			return fmt.Sprintf("The value of a toleration is text, and %s without quotes is none.", t.plain()),
				fmt.Sprintf("Put it in quotes: value: %s. In YAML true, yes, on and numbers are text only in quotes.", strconv.Quote(t.plain()))
		}
	}
	effects := []string{string(corev1.TaintEffectNoSchedule), string(corev1.TaintEffectPreferNoSchedule), string(corev1.TaintEffectNoExecute)}
	operators := []string{string(corev1.TolerationOpEqual), string(corev1.TolerationOpExists), string(corev1.TolerationOpLt), string(corev1.TolerationOpGt)}
	switch {
	case t.Effect != "" && !slices.Contains(effects, string(t.Effect)):
		return fmt.Sprintf("There is no effect %q.", t.Effect), meant(string(t.Effect), effects)
	case t.Operator != "" && !slices.Contains(operators, string(t.Operator)):
		return fmt.Sprintf("There is no operator %q.", t.Operator), meant(string(t.Operator), operators)
	case t.Operator == corev1.TolerationOpExists && t.Value != nil && t.Value != "":
		return "The operator Exists takes no value.", "Leave the value out, or make the operator Equal."
	case t.Key == "" && t.Operator != corev1.TolerationOpExists:
		return "Without a key the operator must be Exists, which tolerates every taint.", "Give the key of the taint."
	case t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute:
		return "tolerationSeconds goes with the effect NoExecute only.", "Leave tolerationSeconds out."
	}
	return "", ""
}

// meant advises one of the words, the one of the same letters where there is one.
func meant(word string, words []string) string {
	letters := strings.NewReplacer("-", "", "_", "", " ", "")
	for _, w := range words {
		if strings.EqualFold(letters.Replace(word), w) {
			return "Write " + w + "."
		}
	}
	return "Write one of " + strings.Join(words, ", ") + "."
}

// plain is the value as it stands in the file, more or less.
func (t *toleration) plain() string {
	if f, ok := t.Value.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(t.Value)
}

// String is the toleration as JSON, without what is not set.
func (t *toleration) String() string {
	fields := map[string]any{}
	for name, value := range map[string]string{"key": t.Key, "operator": string(t.Operator), "effect": string(t.Effect)} {
		if value != "" {
			fields[name] = value
		}
	}
	if t.Value != nil {
		fields["value"] = t.Value
	}
	if t.TolerationSeconds != nil {
		fields["tolerationSeconds"] = *t.TolerationSeconds
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return t.Key
	}
	return string(text)
}
