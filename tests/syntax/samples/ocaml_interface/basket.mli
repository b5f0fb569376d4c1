(** A basket. *)

type t

type event =
  | Added of string
  | Cleared

exception Full of int

(** Adds an item. *)
val add : t -> string -> t

val empty : t

module type PRICED = sig
  type item

  val price : item -> int
end

module Make (P : PRICED) : sig
  val total : P.item list -> int
end

module Line : PRICED

class counter : int -> object
  method increment : unit
end

external native : int -> int = "native_stub"
