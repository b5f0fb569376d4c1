! A basket.
module basket_mod
  use iso_fortran_env, only: int32
  implicit none
  private

  integer, parameter :: max_items = 100
  real :: total, rest(10)

  !> What one buys.
  type, extends(base) :: basket
    integer :: count = 0
    real, allocatable :: prices(:)
  contains
    procedure :: add => basket_add
    final :: destroy
  end type basket

  interface operator(+)
    module procedure plus
  end interface

  interface area
    function area_of(x) result(a)
      real, intent(in) :: x
      real :: a
    end function
  end interface

  enum, bind(c)
    enumerator :: red = 1, green
  end enum

contains

  ! Adds an item.
  subroutine basket_add(self, price)
    class(basket), intent(inout) :: self
    real, intent(in) :: price
    integer :: local
    self%count = self%count + 1
  end subroutine basket_add

  pure elemental function plus(a, b) result(c)
    real, intent(in) :: a, b
    real :: c
    c = inner(a) + b
  contains
    real function inner(x)
      real, intent(in) :: x
      inner = x
    end function inner
  end function plus

end module basket_mod

submodule (basket_mod) details
end submodule details

program main
  use basket_mod
  call run()
contains
  subroutine run()
  end subroutine run
end program main
