package merge

// heap is a binary min-heap of feeds by the time of their next line; equal
// times keep the order in which the feeds were made.
type heap []*Feed

func (h heap) less(i, j int) bool {
	a, b := h[i].time(), h[j].time()
	return a < b || (a == b && h[i].seq < h[j].seq)
}

// behind reports whether the first feed's next line belongs behind another's.
func (h heap) behind(first *Feed) bool {
	for child := 1; child <= 2 && child < len(h); child++ {
		a, b := first.time(), h[child].time()
		if b < a || (b == a && h[child].seq < first.seq) {
			return true
		}
	}
	return false
}

func (h heap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h heap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (h *heap) removeFirst() {
	last := len(*h) - 1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	h.down(0)
}

func (h heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}
