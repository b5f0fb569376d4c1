# frozen_string_literal: true

require "money"

module Billing
  VERSION = "1.0"

  # An invoice.
  # It is sent once.
  class Invoice < Base::Document
    include Comparable

    attr_accessor :total, :due
    attr_reader "number"

    STATES = %i[open paid].freeze

    def initialize(total)
      @total = total
    end

    # Pays it.
    def pay!(amount:, on: Date.today)
      helper = ->(x) { x }
      helper.call(amount)
    end

    def self.create(...) = new(...)

    class << self
      def all
        []
      end
    end

    def <=>(other)
      total <=> other.total
    end

    private

    def paid? = true
  end
end

class Billing::Report
  def to_s; end
end

def top_level(a, b = 1, *rest)
end
