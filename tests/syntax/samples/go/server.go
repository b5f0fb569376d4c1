// Package server answers.
package server

import "fmt"

const (
	// DefaultPort is used when none is given.
	DefaultPort = 8080
	maxConns, minConns = 10, 1
)

var ErrClosed = fmt.Errorf("closed")

// Handler answers requests.
type Handler interface {
	Handle(req *Request) error
	fmt.Stringer
}

type (
	// ID names a request.
	ID      string
	Request struct {
		ID   ID
		Body []byte
	}
	Alias = Request
)

// Server listens.
//
// It is safe for concurrent use.
type Server[T any] struct {
	Addr    string
	handler Handler
}

// New makes a server.
func New[T any](addr string, h Handler) *Server[T] {
	local := func() {}
	local()
	return &Server[T]{Addr: addr, handler: h}
}

func (s *Server[T]) Start() error { return nil }

// String is the ID as text.
func (id ID) String() string {
	return string(id)
}

func (u *elsewhere) Touch() {}
