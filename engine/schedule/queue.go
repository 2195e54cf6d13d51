package schedule

import "container/heap"

// queue is a first-in, first-out queue of tasks that may start.
type queue struct {
	tasks []Task
	head  int
}

func (q *queue) push(t Task) {
	if q.head > 64 && q.head*2 > len(q.tasks) {
		n := copy(q.tasks, q.tasks[q.head:])
		clear(q.tasks[n:])
		q.tasks, q.head = q.tasks[:n], 0
	}
	q.tasks = append(q.tasks, t)
}

func (q *queue) pop() (Task, bool) {
	if q.head == len(q.tasks) {
		return Task{}, false
	}
	t := q.tasks[q.head]
	q.tasks[q.head] = Task{}
	q.head++
	return t, true
}

// cursor is a foreach with items that are not open yet, or not ended.
type cursor struct {
	scope  *scope // that the foreach stands in
	at     int
	node   *node
	items  int
	units  int // items, or containers of items
	next   int // the first unit that was not opened
	active int // units opened and not ended
	failed bool
	seq    int
	index  int // in the heap; -1: not in it
}

// cursors is a heap: the innermost foreach first, of these the one that started first.
type cursors []*cursor

var _ heap.Interface = (*cursors)(nil)

func (h cursors) Len() int { return len(h) }

func (h cursors) Less(i, j int) bool {
	if a, b := h[i].node.nesting, h[j].node.nesting; a != b {
		return a > b
	}
	return h[i].seq < h[j].seq
}

func (h cursors) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *cursors) Push(x any) {
	c := x.(*cursor)
	c.index = len(*h)
	*h = append(*h, c)
}

func (h *cursors) Pop() any {
	old := *h
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	c.index = -1
	return c
}
