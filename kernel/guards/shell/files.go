package shell

import "strings"

// save remembers what was written into a file.
func (m *machine) save(path string, t taint) {
	if len(m.files) >= maxItems*4 {
		if t&(fetched|decoded) != 0 {
			m.deny("too-complex")
		}
		return
	}
	m.files = append(m.files, saved{path: tidy(path), taint: t &^ computed})
}

// written returns the text of a file that this line wrote.
func (m *machine) written(path string) (text string, ok bool) {
	path = tidy(path)
	for i := range m.files {
		if f := &m.files[i]; f.known && f.text != "" && (f.path == path || strings.HasSuffix(path, "/"+strings.TrimPrefix(f.path, "./"))) {
			text += f.text
			ok = true
		}
	}
	return text, ok
}

// ran judges a file of this line that is started or taken in.
func (m *machine) ran(path string, source bool) {
	text, ok := m.written(path)
	if !ok || len(m.running) >= maxDepth || m.depth >= maxDepth {
		return
	}
	first, _, _ := strings.Cut(text, "\n")
	if source || strings.HasPrefix(first, "#!") && anyOf(first, "python", "perl", "ruby", "node", "php", "lua") {
		m.code(text, 0)
		return
	}
	m.isolated(func() flow { return m.run(text, flow{}) })
}

// installed says what a program without a path holds that this line wrote into
// some directory of programs.
func (m *machine) installed(name string) (t taint) {
	for i := range m.files {
		if strings.HasSuffix(m.files[i].path, "bin/"+name) {
			t |= m.files[i].taint
		}
	}
	return t
}

// holds says what a file holds that this line wrote.
func (m *machine) holds(path string) (t taint, fifo bool) {
	path = tidy(path)
	for i := range m.files {
		f := &m.files[i]
		if f.path == path || strings.HasSuffix(path, "/"+strings.TrimPrefix(f.path, "./")) ||
			f.below && (f.path == "." && !strings.HasPrefix(path, "/") || strings.HasPrefix(path, f.path+"/")) {
			t |= f.taint
			fifo = fifo || f.fifo
		}
	}
	return t, fifo
}

func tidy(path string) string {
	for strings.HasPrefix(path, "./") {
		path = strings.TrimLeft(path[2:], "/")
	}
	if path == "" {
		return "."
	}
	return path
}
