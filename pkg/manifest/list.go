package manifest

import (
	"bytes"
	"slices"
)

// list is a List as kubectl and people write it, cut into its items by their lines.
type list struct {
	frame []byte     // the document with an empty array for the items
	items []document // each a sequence of one, with its dash; at most one more than allowed
}

// list cuts a document whose items begin with dashes of their own; nil when there is no
// such field. Whether each part can be read alone is for the parser to say.
func (d *document) list() *list {
	head, at, line := d.itemsField()
	if at < 0 {
		return nil
	}
	var l list
	indent := -1 // of the dashes
	start := at  // of the item that is being read
	for ; at < len(d.text); line++ {
		next := lineEnd(d.text, at)
		depth, dash, blank := shape(d.text[at:next])
		if dash && indent < 0 {
			indent = depth
		}
		if !blank && (indent < 0 || depth < indent || depth == indent && !dash) {
			break // the next field
		}
		if dash && depth == indent {
			l.end(d.text[start:at])
			start = at
			if len(l.items) <= maxItems {
				l.items = append(l.items, document{line: line})
			}
		}
		at = next
	}
	if indent < 0 {
		return nil
	}
	l.end(d.text[start:at])
	l.frame = slices.Concat(d.text[:head], []byte("items: []\n"), d.text[at:])
	return &l
}

// end gives the last item its text, if there is one without.
func (l *list) end(text []byte) {
	if n := len(l.items); n > 0 && l.items[n-1].text == nil {
		l.items[n-1].text = text
	}
}

// lines are those of the items.
func (l *list) lines() []int {
	lines := make([]int, len(l.items))
	for i := range l.items {
		lines[i] = l.items[i].line
	}
	return lines
}

// itemsField is where the line of the field is, where the next begins, and the number
// of that; negative when there is none that ends after the name.
func (d *document) itemsField() (head, next, line int) {
	line = d.line
	for at := 0; at < len(d.text); {
		next = lineEnd(d.text, at)
		line++
		if rest, ok := bytes.CutPrefix(d.text[at:next], []byte("items:")); ok {
			if _, _, blank := shape(rest); blank {
				return at, next, line
			}
		}
		at = next
	}
	return -1, -1, 0
}

// shape is how deep a line is indented, whether an item of a sequence begins there,
// and whether it is empty or only a comment.
func shape(line []byte) (depth int, dash, blank bool) {
	trimmed := bytes.TrimLeft(line, " ")
	depth = len(line) - len(trimmed)
	content := bytes.TrimSpace(trimmed)
	blank = len(content) == 0 || content[0] == '#'
	dash = len(content) > 0 && content[0] == '-' && trimmed[0] == '-' && (len(content) == 1 || content[1] == ' ')
	return depth, dash, blank
}
