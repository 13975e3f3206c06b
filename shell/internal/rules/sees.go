// What CEL sees: the values of a moment, as values of its own.

package rules

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
)

// provider knows the parts of a scope's objects.
type provider struct {
	types.Provider
	scope *Scope
}

// FindStructType knows the objects; see [types.Provider].
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	for _, of := range []*types.Type{thingType, customerType, constraintsType, otherType, moneyType} {
		if of.TypeName() == name {
			return types.NewTypeTypeWithParam(of), true
		}
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldType gives the type of a part; see [types.Provider].
func (p *provider) FindStructFieldType(of, name string) (*types.FieldType, bool) {
	var t declared.Type
	switch of {
	case "thing":
		if t = p.scope.Columns[name].Type; name == "id" {
			t = declared.String
		}
	case "customer":
		if name == "id" {
			t = declared.String
		}
	case "constraints":
		t = p.scope.Constraints[name]
	case "other":
		t = p.scope.ofOther(name)
	default:
		return p.Provider.FindStructFieldType(of, name)
	}
	if t == "" {
		return nil, false
	}
	return &types.FieldType{Type: scalars[t]}, true
}

// adapter makes values of CEL of ours.
type adapter struct{ types.Adapter }

// NativeToValue makes one; see [types.Adapter].
func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case currency.Amount:
		return money{v}
	case *declared.Thing:
		return object{thingType, v, func(name string) (any, error) { return columnOf(v, name) }}
	case []declared.Other:
		all := make([]ref.Val, len(v))
		for i := range v {
			all[i] = object{otherType, &v[i], func(name string) (any, error) { return otherOf(&v[i], name) }}
		}
		return types.NewRefValList(a, all)
	}
	return a.Adapter.NativeToValue(value)
}

// object is something with parts: a thing, a customer, the facts.
type object struct {
	of   *types.Type
	is   any // what tells one from another
	part func(name string) (any, error)
}

// Get gives a part; see [traits.Indexer].
func (o object) Get(index ref.Val) ref.Val {
	name, ok := index.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(index)
	}
	value, err := o.part(string(name))
	if err != nil {
		return types.WrapErr(err)
	}
	return adapter{types.DefaultTypeAdapter}.NativeToValue(value)
}

// IsSet reports whether it has a part; see [traits.FieldTester].
func (o object) IsSet(field ref.Val) ref.Val {
	name, ok := field.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(field)
	}
	_, err := o.part(string(name))
	return types.Bool(err == nil)
}

// Contains reports the same, for in; see [traits.Container].
func (o object) Contains(name ref.Val) ref.Val { return o.IsSet(name) }

// Equal reports whether it is the same; see [ref.Val].
func (o object) Equal(other ref.Val) ref.Val {
	another, ok := other.(object)
	return types.Bool(ok && o.of == another.of && o.is == another.is)
}

// ConvertToNative is of no use here; see [ref.Val].
func (o object) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is no %v", o.of, to)
}

// ConvertToType gives what it is; see [ref.Val].
func (o object) ConvertToType(to ref.Type) ref.Val {
	return types.NewErr("%s is no %s", o.of, to.TypeName())
}

// Type is what it is; see [ref.Val].
func (o object) Type() ref.Type { return o.of }

// Value is itself; see [ref.Val].
func (o object) Value() any { return o }

// activation is a moment as CEL sees it.
type activation struct{ env *declared.Env }

// ResolveName gives a variable; see [cel.Activation].
func (a activation) ResolveName(name string) (any, bool) {
	under := func(of *types.Type) (any, bool) {
		return object{of, name, func(part string) (any, error) { return read(a.env, []step{{name: name}, {name: part}}) }}, true
	}
	switch name {
	case "customer":
		return under(customerType)
	case "constraints":
		return under(constraintsType)
	case "facts":
		return under(factsType)
	}
	value, err := read(a.env, []step{{name: name}})
	if err != nil {
		return nil, false
	}
	return adapter{types.DefaultTypeAdapter}.NativeToValue(value), true
}

// Parent is nobody; see [cel.Activation].
func (a activation) Parent() cel.Activation { return nil }

// ResolveFunction gives digest; see [cel.FunctionActivation].
func (a activation) ResolveFunction(name string) (cel.LateBoundFunction, bool) {
	return func(_ string, args ...ref.Val) ref.Val {
		if unknown, ok := args[0].(*types.Unknown); ok || a.env.Digest == nil {
			return unknown
		}
		value, err := ours(args[0])
		if err != nil {
			return types.WrapErr(err)
		}
		return types.String(a.env.Digest(value))
	}, name == "digest"
}

// ours gives a value of CEL as a value of ours.
func ours(value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.String:
		return string(v), nil
	case types.Int:
		return int64(v), nil
	case types.Bool:
		return bool(v), nil
	case money:
		return v.Amount, nil
	case types.Timestamp:
		return v.Time, nil
	case types.Duration:
		return v.Duration, nil
	}
	return nil, fmt.Errorf("%s is no value of ours", value.Type().TypeName())
}
