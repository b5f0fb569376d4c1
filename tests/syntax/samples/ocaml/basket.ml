(* A basket. *)
open Printf

let max_items = 100

(** What can happen. *)
type event =
  | Added of item
  | Cleared

and item = {
  name : string;
  mutable price : int;
}

type 'a handler = 'a -> unit

exception Full of int

module type PRICED = sig
  type t

  val price : t -> int
  val name : string
end

module Basket = struct
  type t = { items : item list }

  let empty = { items = [] }

  (* Adds an item. *)
  let add basket item =
    let check n = n > 0 in
    if check 1 then { items = item :: basket.items } else basket

  let rec length = function
    | [] -> 0
    | _ :: rest -> 1 + length rest

  and even n = n mod 2 = 0
end

module Make (P : PRICED) : PRICED = struct
  include P
end

class counter (start : int) =
  object (self)
    val mutable count = start
    method increment by = count <- count + by
    method private reset = count <- 0
  end

external native : int -> int = "native_stub"

let ( +% ) a b = a + b

let handle : event -> unit = fun event -> ignore event

let () = printf "%d" max_items
